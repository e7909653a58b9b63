"""Texts that would do something if a page took them for more than text: one list for all pages."""

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    '" autofocus onfocus="alert(1)" x="',
    "javascript:alert(1)",
    "--><iframe srcdoc='<script>alert(1)</script>'>",
    "<!--<script>alert(1)//-->",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "{{7*7}}${alert(1)}`",
    "]]><script>alert(1)</script>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "a\x00b\x1b[31m\x08",
    "\u202egnp.exe\u2066",
    "\ud800 alone",
    "line\nbreak\ttab",
    "[x](javascript:alert(1))",
    "```\n<script>alert(1)</script>",
    "<a href=javascript:alert(1) xlink:href='data:text/html,x'>",
)
