"""The making of a world: companies, people, mail and own mailboxes, all from one seed.

`world.World` is what there is, `listing.world_json` how it is shown. A company depends on the seed and its
place alone, so that worlds of any size are made as far as somebody looks.
"""
