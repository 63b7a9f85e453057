import os
import base64
from openai import OpenAI
DATABRICKS_TOKEN = os.environ.get('DATABRICKS_TOKEN')
DATABRICKS_BASE_URL = os.environ.get('DATABRICKS_BASE_URL')
client = OpenAI(
    api_key=DATABRICKS_TOKEN,
    base_url=DATABRICKS_BASE_URL
)
# Encode a local audio file as base64
with open("audio.mp3", "rb") as f:
    audio_b64 = base64.standard_b64encode(f.read()).decode("utf-8")
response = client.chat.completions.create(
    model="system.ai.gemini-3-1-pro",
    messages=[{
            "role": "user",
            "content": [
                {"type": "text", "text": "Transcribe this audio and summarize the key points."},
                {
                    "type": "audio_url",
                    "audio_url": {"url": "https://example.com/sample-audio.mp3"}
                },
                {
                    "type": "audio_url",
                    "audio_url": {"url": f"data:audio/mp3;base64,{audio_b64}"}
                },
            ]
    }],
    max_tokens=1024
)
print(response.choices[0].message.content)
