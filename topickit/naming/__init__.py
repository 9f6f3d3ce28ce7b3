"""Names of topics from language models, by any endpoint that speaks OpenAI's protocol.

``model.name_topics(chat(model="…"))`` names the topics of a fitted model. Hosted services, Ollama, llama.cpp
and vLLM have such endpoints. The client is the package ``openai``, of the extra ``topickit[llm]``.

Examples
--------
>>> client = chat(model="llama3.2", base_url="http://localhost:11434/v1")
>>> client.model
'llama3.2'
"""

from topickit.naming.chat import ChatNaming, NamingEstimate, chat

__all__ = ["ChatNaming", "NamingEstimate", "chat"]
