"""The workbench: a page on the local machine to look at topics, search them and correct them.

`topickit.explore.session.Session` does all of it without a browser; the page only calls it.
"""
