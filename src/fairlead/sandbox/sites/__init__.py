"""The web sites of the companies: what a plan says, page by page, with addresses written in every way that
occurs.

`plan.site_plan` tells what stands where, `site.Sites` answers requests.
"""
