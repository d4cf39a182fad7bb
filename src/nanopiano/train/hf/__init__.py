"""At home among the tools of Hugging Face: GPT-2 weights read, models written as transformers loads them."""
