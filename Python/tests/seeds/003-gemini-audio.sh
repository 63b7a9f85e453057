curl \
  -u token:$DATABRICKS_TOKEN \
  -X POST \
  -H "Content-Type: application/json" \
  -d '{
    "contents": [{
        "role": "user",
        "parts": [
          {"text": "Transcribe this audio and summarize the key points."},
          {
            "fileData": {
              "mimeType": "audio/mp3",
              "fileUri": "https://example.com/sample-audio.mp3"
            }
          },
          {
            "inlineData": {
              "mimeType": "audio/mp3",
              "data": "<base64_encoded_data>"
            }
          }
        ]
    }]
  }' \
  https://<workspace-url>/ai-gateway/gemini/v1beta/models/system.ai.gemini-3-1-pro:generateContent
