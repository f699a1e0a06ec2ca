"""Reads tide tables of harbours and tells when a ship may pass a sill."""

import json
import math
from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Iterator, Optional

SAFETY_MARGIN_M = 0.4
HALF_CYCLE = timedelta(hours=6, minutes=12)


class TableTooShort(ValueError):
    """The table ends before the moment that was asked for."""


@dataclass(frozen=True, order=True)
class Extreme:
    """A high or low water."""

    moment: datetime
    height_m: float

    @property
    def is_plausible(self) -> bool:
        return -3.0 < self.height_m < 17.0


class TideTable:
    """High and low waters of one harbour, in order."""

    def __init__(self, harbour: str, extremes: list[Extreme]) -> None:
        self.harbour = harbour
        self.extremes = sorted(extreme for extreme in extremes if extreme.is_plausible)

    @classmethod
    def from_json(cls, text: str) -> "TideTable":
        raw = json.loads(text)
        extremes = [Extreme(datetime.fromisoformat(row["at"]), float(row["m"])) for row in raw["waters"]]
        return cls(raw["harbour"], extremes)

    def neighbours(self, moment: datetime) -> tuple[Extreme, Extreme]:
        index = bisect_left(self.extremes, Extreme(moment, -math.inf))
        if index == 0 or index == len(self.extremes):
            raise TableTooShort(f"{self.harbour}: nothing known around {moment:%d.%m. %H:%M}")
        return self.extremes[index - 1], self.extremes[index]

    def height_at(self, moment: datetime) -> float:
        """Between two waters the sea follows half a cosine."""
        before, after = self.neighbours(moment)
        phase = (moment - before.moment) / (after.moment - before.moment)
        swing = (before.height_m - after.height_m) / 2
        return (before.height_m + after.height_m) / 2 + swing * math.cos(math.pi * phase)


@dataclass
class Sill:
    """Something under water that a keel must not touch."""

    name: str
    depth_m: float

    def clearance(self, table: TideTable, moment: datetime, draught_m: float) -> float:
        return self.depth_m + table.height_at(moment) - draught_m - SAFETY_MARGIN_M


def passable(sill: Sill, table: TideTable, draught_m: float, start: datetime, step_minutes: int = 10) -> Iterator[datetime]:
    """Every moment of the next tide at which the ship floats over the sill."""
    moment = start
    while moment < start + 2 * HALF_CYCLE:
        if sill.clearance(table, moment, draught_m) > 0:
            yield moment
        moment += timedelta(minutes=step_minutes)


def first_window(sill: Sill, table: TideTable, draught_m: float, start: datetime) -> Optional[tuple[datetime, datetime]]:
    """The first stretch without a gap, or none."""
    moments = list(passable(sill, table, draught_m, start))
    if not moments:
        return None
    end = moments[0]
    for moment in moments[1:]:
        if moment - end > timedelta(minutes=10):
            break
        end = moment
    return moments[0], end


def describe_window(window: Optional[tuple[datetime, datetime]]) -> str:
    if window is None:
        return "no passage in this tide"
    return f"{window[0]:%H:%M} to {window[1]:%H:%M}"
