"""Double-entry ledger with CSV import and monthly statements."""

from __future__ import annotations

import csv
import logging
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

LOGGER = logging.getLogger(__name__)
ROUNDING = Decimal("0.01")
DEFAULT_CURRENCY = "EUR"


class LedgerError(Exception):
    """Raised when a booking would break the books."""


@dataclass(frozen=True)
class Posting:
    """One side of a transaction."""

    account: str
    amount: Decimal
    currency: str = DEFAULT_CURRENCY

    def negated(self) -> "Posting":
        return Posting(self.account, -self.amount, self.currency)


@dataclass
class Transaction:
    """A balanced set of postings on one day."""

    day: date
    text: str
    postings: list[Posting] = field(default_factory=list)

    def imbalance(self) -> Decimal:
        return sum((posting.amount for posting in self.postings), Decimal(0))

    def ensure_balanced(self) -> None:
        if self.imbalance().quantize(ROUNDING) != 0:
            raise LedgerError(f"{self.text}: off by {self.imbalance()}")


class Ledger:
    """Keeps transactions in order of their day."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self._transactions: list[Transaction] = []
        self._closed_until: date | None = None

    def book(self, transaction: Transaction) -> None:
        transaction.ensure_balanced()
        if self._closed_until and transaction.day <= self._closed_until:
            raise LedgerError(f"{transaction.day} is closed")
        self._transactions.append(transaction)
        self._transactions.sort(key=lambda item: item.day)
        LOGGER.debug("booked %s", transaction.text)

    def close_month(self, year: int, month: int) -> None:
        last = date(year + month // 12, month % 12 + 1, 1)
        self._closed_until = date.fromordinal(last.toordinal() - 1)

    def account_balance(self, account: str, until: date | None = None) -> Decimal:
        total = Decimal(0)
        for transaction in self._transactions:
            if until and transaction.day > until:
                break
            for posting in transaction.postings:
                if posting.account == account:
                    total += posting.amount
        return total

    def monthly_totals(self) -> dict[tuple[int, int], dict[str, Decimal]]:
        totals: dict[tuple[int, int], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for transaction in self._transactions:
            key = (transaction.day.year, transaction.day.month)
            for posting in transaction.postings:
                totals[key][posting.account] += posting.amount
        return totals


def parse_amount(text: str) -> Decimal:
    """Reads 1.234,56 as well as 1234.56."""
    cleaned = text.strip().replace(" ", "")
    if "," in cleaned:
        cleaned = cleaned.replace(".", "").replace(",", ".")
    try:
        return Decimal(cleaned).quantize(ROUNDING)
    except InvalidOperation as error:
        raise LedgerError(f"not an amount: {text!r}") from error


def import_csv(ledger: Ledger, path: Path, contra_account: str) -> int:
    """Books every row of a bank export against one account."""
    count = 0
    with path.open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream, delimiter=";"):
            amount = parse_amount(row["amount"])
            posting = Posting(row["account"], amount)
            transaction = Transaction(date.fromisoformat(row["date"]), row["text"])
            transaction.postings.extend([posting, Posting(contra_account, -amount)])
            ledger.book(transaction)
            count += 1
    LOGGER.info("imported %d rows from %s", count, path)
    return count


def render_statement(ledger: Ledger, account: str) -> str:
    """A plain-text statement, one line a month."""
    lines = [f"{ledger.owner}: {account}"]
    for (year, month), totals in sorted(ledger.monthly_totals().items()):
        lines.append(f"{year}-{month:02d} {totals.get(account, Decimal(0)):>12}")
    return "\n".join(lines)
