curl \
  -u token:$DATABRICKS_TOKEN \
  -X POST \
  -H "Content-Type: application/json" \
  -d '{
    "model": "system.ai.gemini-3-1-pro",
    "messages": [{
        "role": "user",
        "content": [
          {"type": "text", "text": "Transcribe this audio and summarize the key points."},
          {
            "type": "audio_url",
            "audio_url": {"url": "https://example.com/sample-audio.mp3"}
          },
          {
            "type": "audio_url",
            "audio_url": {"url": "data:audio/mp3;base64,<base64_encoded_data>"}
          }
        ]
    }],
    "max_tokens": 1024
  }' \
  https://<workspace-url>/ai-gateway/mlflow/v1/chat/completions
