import re
import sqlite3
from fractions import Fraction
from typing import NamedTuple

SCHEMA = """
create table if not exists recipe (id integer primary key, title text unique, portions integer);
create table if not exists ingredient (recipe integer, name text, amount text, unit text);
"""

UNITS = {"g": 1, "kg": 1000, "ml": 1, "l": 1000, "tbsp": 15, "tsp": 5}
LINE = re.compile(r"^\s*(?P<amount>\d+(?:[./]\d+)?)?\s*(?P<unit>g|kg|ml|l|tbsp|tsp)?\s+(?P<name>.+)$")


class Ingredient(NamedTuple):
    name: str
    amount: Fraction
    unit: str

    def times(self, factor):
        return self._replace(amount=self.amount * factor)

    def in_base_unit(self):
        # Spoons become millilitres, kilograms grams; pieces stay pieces.
        factor = UNITS.get(self.unit, 1)
        base = {"kg": "g", "l": "ml", "tbsp": "ml", "tsp": "ml"}.get(self.unit, self.unit)
        return Ingredient(self.name, self.amount * factor, base)


def parse_line(line):
    match = LINE.match(line)
    if match is None:
        raise ValueError(f"not an ingredient: {line!r}")
    amount = Fraction(match["amount"]) if match["amount"] else Fraction(1)
    return Ingredient(match["name"].strip().lower(), amount, match["unit"] or "")


class RecipeBook:
    def __init__(self, path=":memory:"):
        self.connection = sqlite3.connect(path)
        self.connection.executescript(SCHEMA)

    def add(self, title, portions, lines):
        with self.connection:
            cursor = self.connection.execute("insert into recipe (title, portions) values (?, ?)", (title, portions))
            rows = [(cursor.lastrowid, i.name, str(i.amount), i.unit) for i in map(parse_line, lines)]
            self.connection.executemany("insert into ingredient values (?, ?, ?, ?)", rows)
        return cursor.lastrowid

    def ingredients(self, title, portions=None):
        found = self.connection.execute("select id, portions from recipe where title = ?", (title,)).fetchone()
        if found is None:
            raise KeyError(title)
        factor = Fraction(portions, found[1]) if portions else Fraction(1)
        query = "select name, amount, unit from ingredient where recipe = ? order by rowid"
        return [Ingredient(n, Fraction(a), u).times(factor) for n, a, u in self.connection.execute(query, found[:1])]

    def cookable(self, pantry):
        """Titles whose every ingredient is in the pantry."""
        rows = self.connection.execute("select title, name from recipe join ingredient on recipe = recipe.id")
        missing, titles = set(), set()
        for title, name in rows:
            titles.add(title)
            if name not in pantry:
                missing.add(title)
        return sorted(titles - missing)


def shopping_list(book, wishes):
    """Sums what several recipes need; the same thing in two units stays two lines."""
    sums = {}
    for title, portions in wishes.items():
        for ingredient in book.ingredients(title, portions):
            plain = ingredient.in_base_unit()
            key = (plain.name, plain.unit)
            sums[key] = sums.get(key, 0) + plain.amount
    return [Ingredient(name, amount, unit) for (name, unit), amount in sorted(sums.items())]


def format_amount(amount):
    whole, rest = divmod(amount, 1)
    return str(whole) if not rest else f"{whole} {rest}" if whole else str(rest)
