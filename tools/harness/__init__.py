"""What `./run`, `./check` and the system tests share: packages, builds, machines, the console."""
