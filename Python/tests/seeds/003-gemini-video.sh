curl \
  -u token:$DATABRICKS_TOKEN \
  -X POST \
  -H "Content-Type: application/json" \
  -d '{
    "contents": [{
        "role": "user",
        "parts": [
          {"text": "Summarize what happens in these videos."},
          {
            "fileData": {
              "mimeType": "video/mp4",
              "fileUri": "https://example.com/sample-video.mp4"
            }
          },
          {
            "inlineData": {
              "mimeType": "video/mp4",
              "data": "<base64_encoded_data>"
            }
          }
        ]
    }]
  }' \
  https://<workspace-url>/ai-gateway/gemini/v1beta/models/system.ai.gemini-3-1-pro:generateContent
