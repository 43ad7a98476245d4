"""The routes that are ours, and what they need of HTTP.

- routes     the table
- uploads    files in; how far an upload is
- multipart  a form with files, read while it arrives
- downloads  files out
- visitors   who asks
- refusals   what a refused request is told
"""
