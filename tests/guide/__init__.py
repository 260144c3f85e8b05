"""The guide: how its generated parts are made, and tests of what its pages say."""
