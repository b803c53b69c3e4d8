"""Makes a published model faster without teaching it anything: the same sums, in fewer steps.

docs/models.md says what is shipped of it and what it is worth.
"""
