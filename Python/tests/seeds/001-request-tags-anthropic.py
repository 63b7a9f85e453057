import anthropic
import json
import os
DATABRICKS_TOKEN = os.environ.get('DATABRICKS_TOKEN')
request_tags = {"project": "chatbot", "team": "ml-platform"}
client = anthropic.Anthropic(
    api_key="unused",
    base_url="https://<workspace-url>/ai-gateway/anthropic",
    default_headers={
        "Authorization": f"Bearer {DATABRICKS_TOKEN}",
        "Databricks-Ai-Gateway-Request-Tags": json.dumps(request_tags),
    },
)
message = client.messages.create(
    model="<ai-gateway-endpoint>",
    max_tokens=256,
    messages=[
        {"role": "user", "content": "What is Databricks?"},
    ],
)
