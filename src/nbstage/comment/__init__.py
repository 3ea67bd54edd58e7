"""What CI kept of a pull request's report, as one comment that is updated. The folder is data that
anybody may have written.
"""
