"""Floor 7, the door for people at a terminal: translate, call one service verb, render."""
