"""The people of the sandbox: what the owner of a mailbox does with a message, when, and in which words.

`planning` decides (a pure function of owner, letter and seed), `people` carries out what is due, `composing`
writes answers as mail programs do, `texts` are the words in six languages.
"""
