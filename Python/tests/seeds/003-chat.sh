curl \
  -u token:$DATABRICKS_TOKEN \
  -X POST \
  -H "Content-Type: application/json" \
  -d '{
    "model": "system.ai.claude-sonnet-4-5",
    "messages": [
      {
        "role": "system",
        "content": "You are a helpful assistant."
      },
      {
        "role": "user",
        "content": " What is a mixture of experts model?"
      }
    ]
  }' \
  https://<workspace-url>/ai-gateway/mlflow/v1/chat/completions
