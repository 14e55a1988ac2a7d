"""``newsbeam report``: what a lake holds, as one HTML file."""
