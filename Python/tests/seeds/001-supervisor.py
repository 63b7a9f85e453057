from openai import OpenAI
import os
DATABRICKS_TOKEN = os.environ.get('DATABRICKS_TOKEN')
client = OpenAI(
    api_key=DATABRICKS_TOKEN,
    base_url="https://<workspace-url>/ai-gateway/mlflow/v1"
)
response = client.responses.create(
    model="<ai-gateway-endpoint>",
    input=[{"role": "user", "content": "What is Databricks?"}]
)
print(response.output_text)
