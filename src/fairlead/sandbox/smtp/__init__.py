"""Mail servers of the sandbox, receiving and submission: one engine, behavior as data.

`model` has its words, `behavior` what a server does, `session` the talk as a function from line to step, `server`
the listeners.
"""
