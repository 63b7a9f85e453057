import os
import base64
from openai import OpenAI
DATABRICKS_TOKEN = os.environ.get('DATABRICKS_TOKEN')
DATABRICKS_BASE_URL = os.environ.get('DATABRICKS_BASE_URL')
client = OpenAI(
    api_key=DATABRICKS_TOKEN,
    base_url=DATABRICKS_BASE_URL
)
# Encode a local video file as base64
with open("video.mp4", "rb") as f:
    video_b64 = base64.standard_b64encode(f.read()).decode("utf-8")
response = client.chat.completions.create(
    model="system.ai.gemini-3-1-pro",
    messages=[{
            "role": "user",
            "content": [
                {"type": "text", "text": "Summarize what happens in these videos."},
                {
                    "type": "video_url",
                    "video_url": {"url": "https://example.com/sample-video.mp4"}
                },
                {
                    "type": "video_url",
                    "video_url": {"url": f"data:video/mp4;base64,{video_b64}"}
                },
            ]
    }],
    max_tokens=1024
)
print(response.choices[0].message.content)
