ITEMS = {"hat": 25, "cap": 9}
