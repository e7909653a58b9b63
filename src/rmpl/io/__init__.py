"""Files that several processes, or strangers, may have their hands on: locks, and safe opening."""
