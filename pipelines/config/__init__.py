"""Configs as people write them: YAML to objects, with every fault's file and line."""
