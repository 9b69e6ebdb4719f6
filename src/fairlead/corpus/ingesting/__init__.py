"""Archives into the lead database: any number of files, on any number of machines.

Each file is extracted by a process of its own into a part file named by the hash of the input, under a lease in the
database; then the part is merged, ordered by domain. Whatever is interrupted is taken up again, and nothing is counted
twice: parts are the same for the same input, and recording them again changes nothing.
"""
