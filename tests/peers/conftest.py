from peers.running import peers  # noqa: F401 - a fixture
