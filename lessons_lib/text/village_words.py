"""The words of the village; `lessons_lib.text.village` puts them together."""

# Who lives here, and the pronoun that goes with "his arm" or "her arm".
PEOPLE = {
    "Ben": "his",
    "Clara": "her",
    "Edith": "her",
    "Greta": "her",
    "Hugo": "his",
    "Mary": "her",
    "Oscar": "his",
    "Tom": "his",
}

# Each room, and what people do there.
CHORES = {
    "kitchen": ("peeling potatoes", "stirring the soup", "slicing bread"),
    "library": ("reading a book", "copying a map", "looking for a poem"),
    "garden": ("planting beans", "watering roses", "raking leaves"),
    "workshop": ("mending a clock", "carving a spoon", "sharpening a saw"),
    "mill": ("filling sacks", "sweeping up flour", "greasing the wheel"),
    "cellar": ("tasting cider", "counting jars", "rolling out a barrel"),
}

AIRS = ("warm", "quiet", "chilly", "as tidy as ever", "full of smoke")

GIFTS = (
    "blanket",
    "fiddle",
    "hammer",
    "kettle",
    "lantern",
    "pie",
)
LOOKS = ("big", "fine", "funny", "heavy", "new")
PRAISE = ("lovely", "splendid", "just right", "better than mine", "what everybody wants")
GREETINGS = ("said hi to", "waved to", "sat down beside", "shook hands with")
BELONGINGS = ("hat", "scarf", "umbrella")

PASTIMES = ("hummed a tune", "yawned", "whistled", "thought of supper")

WEATHER = {
    "rain": ("fell", "drummed"),
    "snow": ("fell", "drifted"),
    "wind": ("blew", "sang"),
    "fog": ("drifted", "lay"),
}
WHERE = ("over the fields", "across the river", "along the road", "all day", "without a pause")

SOUNDS = {
    "bell": ("rang", "tolled"),
    "dog": ("barked", "growled"),
    "door": ("creaked", "slammed"),
    "child": ("laughed", "whistled"),
    "rooster": ("crowed",),
}
HOW_OFTEN = ("once", "twice", "three times", "again and again", "and then no more")

# Singular and plural: "the baker was", "the bakers were".
TRADES = {
    "baker": "bakers",
    "miller": "millers",
    "sailor": "sailors",
    "shepherd": "shepherds",
    "singer": "singers",
    "teacher": "teachers",
}
TIES = ("knew", "liked", "envied", "taught", "married")
MOODS = ("tired", "happy", "late", "hungry", "busy", "cross", "in love", "out of luck")

BEASTS = ("cat", "goat", "goose", "hen", "owl")
DOINGS = ("slept", "sneezed", "stared", "ran in circles")
# Phrases of one group begin with different words: a choice is always one between tokens.
ASIDES = (
    "nobody knew why",
    "every clock had stopped",
    "it was market day",
    "the moon was full",
    "such things happen",
    "supper was late",
)
NEWS = ("weddings", "the harvest", "some new bridge", "an old quarrel")
FURNITURE = ("table", "shelf", "bench", "windowsill")
