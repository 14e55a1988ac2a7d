"""Who is who across articles: one person, one id. (docs/people.md, docs/decisions/people.md)"""
