"""An MCP server, where it is asked for: the endpoints as tools of a language model (https://modelcontextprotocol.io).

- offer     whether there is one
- tools     which there are, and what they do
- protocol  the one route that they are called by; needs the package `mcp`
"""
