"""What an image really holds, measured from its layers, and what that offers to somebody who got in."""
