from openai import OpenAI
import json
import os
DATABRICKS_TOKEN = os.environ.get('DATABRICKS_TOKEN')
client = OpenAI(
    api_key=DATABRICKS_TOKEN,
    base_url="https://<workspace-url>/ai-gateway/mlflow/v1"
)
request_tags = {"project": "chatbot", "team": "ml-platform"}
chat_completion = client.chat.completions.create(
    messages=[
        {"role": "user", "content": "What is Databricks?"},
    ],
    model="<ai-gateway-endpoint>",
    max_tokens=256,
    extra_headers={
        "Databricks-Ai-Gateway-Request-Tags": json.dumps(request_tags)
    }
)
