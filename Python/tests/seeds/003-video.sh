curl \
  -u token:$DATABRICKS_TOKEN \
  -X POST \
  -H "Content-Type: application/json" \
  -d '{
    "model": "system.ai.gemini-3-1-pro",
    "messages": [{
        "role": "user",
        "content": [
          {"type": "text", "text": "Summarize what happens in these videos."},
          {
            "type": "video_url",
            "video_url": {"url": "https://example.com/sample-video.mp4"}
          },
          {
            "type": "video_url",
            "video_url": {"url": "data:video/mp4;base64,<base64_encoded_data>"}
          }
        ]
    }],
    "max_tokens": 1024
  }' \
  https://<workspace-url>/ai-gateway/mlflow/v1/chat/completions
