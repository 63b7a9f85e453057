from openai import OpenAI
import os
DATABRICKS_TOKEN = os.environ.get('DATABRICKS_TOKEN')
client = OpenAI(
    api_key=DATABRICKS_TOKEN,
    base_url="https://<ai-gateway-url>/openai/v1"
)
response = client.responses.create(
    model="<ai-gateway-endpoint>",
    max_output_tokens=256,
    input=[
        {
            "role": "user",
            "content": [{"type": "input_text", "text": "Hello!"}]
        },
        {
            "role": "assistant",
            "content": [{"type": "output_text", "text": "Hello! How can I assist you today?"}]
        },
        {
            "role": "user",
            "content": [{"type": "input_text", "text": "What is Databricks?"}]
        }
    ]
)
print(response.output)
