"""Does a project keep to its policy, and are the numbers it is judged by its own?"""
