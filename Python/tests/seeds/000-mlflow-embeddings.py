from openai import OpenAI
import os
DATABRICKS_TOKEN = os.environ.get('DATABRICKS_TOKEN')
client = OpenAI(
    api_key=DATABRICKS_TOKEN,
    base_url="https://<ai-gateway-url>/mlflow/v1"
)
embeddings = client.embeddings.create(
    input="What is Databricks?",
    model="<ai-gateway-endpoint>"
)
print(embeddings.data[0].embedding)
