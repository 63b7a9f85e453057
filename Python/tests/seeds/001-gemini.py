from google import genai
from google.genai import types
import os
DATABRICKS_TOKEN = os.environ.get('DATABRICKS_TOKEN')
client = genai.Client(
    api_key="databricks",
    http_options=types.HttpOptions(
        base_url="https://<workspace-url>/ai-gateway/gemini",
        headers={
            "Authorization": f"Bearer {DATABRICKS_TOKEN}",
        },
    ),
)
response = client.models.generate_content(
    model="<ai-gateway-endpoint>",
    contents=[
        types.Content(
            role="user",
            parts=[types.Part(text="Hello!")],
        ),
        types.Content(
            role="model",
            parts=[types.Part(text="Hello! How can I assist you today?")],
        ),
        types.Content(
            role="user",
            parts=[types.Part(text="What is Databricks?")],
        ),
    ],
    config=types.GenerateContentConfig(
        max_output_tokens=256,
    ),
)
print(response.text)
