"""The service inside the demo's images: one page that says what it costs to ship a box."""

import requests
from flask import Flask, render_template_string

PAGE = "<h1>{{ box }}</h1><p>{{ price }} to ship</p>"
RATES = "http://rates.example/v1/boxes/"

app = Flask(__name__)


@app.route("/boxes/<box>")
def price(box: str) -> str:
    """Show what shipping a box costs today."""
    rate = requests.get(RATES + box, timeout=5).json()
    return render_template_string(PAGE, box=box, price=rate["price"])


if __name__ == "__main__":
    app.run(host="0.0.0.0", port=8080)
