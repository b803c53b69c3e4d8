"""What a seal claims: who owns it, what it is for, under which tax number; and how surely."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sealq_audit.names import plain
from sealq_audit.purposes import PurposeComparer
from sealq_audit.rules import Rules
from sealq_storage.seen import Saying, SeenRegion

#: Digits and capitals that are a tax number; the police's number of a seal has 13 or so.
_TAX_ID = re.compile(r"[0-9A-Z]{15,20}")
_CODE = re.compile(r"[0-9A-Z]*[0-9]{4}[0-9A-Z]*")
#: What a person's seal says.
_PERSON = re.compile(r"[\u4e00-\u9fff]{2,4}(之印|印章|印)")
#: Characters of a whole name, and of its part before the legal form: place, brand and trade.
_NAME_CHARACTERS, _CORE_CHARACTERS = 6, 4
#: Shapes of company seals: others bear persons' names and remarks, and name no owner.
_COMPANY_SHAPES = frozenset({"round", "oval"})


@dataclass(frozen=True)
class Claim:
    """One text of a seal.

    Attributes:
        text: As it was read.
        score: How sure the reading is, 0 to 1.
        sure: It can be relied on.
    """

    text: str
    score: float
    sure: bool


@dataclass(frozen=True)
class Seal:
    """A seal with its claims.

    Attributes:
        region: Where it is.
        owners: Whose it is, the likeliest text first; empty where nothing legible says it.
        guesses: What the owner may be called instead: good for doubt, never for certainty.
        purpose: What it is for; None: nothing says it.
        bare: It surely states no purpose; otherwise one may have been missed.
        tax_id: Its tax number; None: nothing says it.
        of_company: It may be a company's, legible or not.
    """

    region: SeenRegion
    owners: tuple[Claim, ...]
    guesses: tuple[str, ...]
    purpose: Claim | None
    bare: bool
    tax_id: Claim | None
    of_company: bool

    @property
    def owner(self) -> Claim | None:
        """What most likely names its owner."""
        return self.owners[0] if self.owners else None


@dataclass(frozen=True)
class ClaimReader:
    """Tells from the texts of a region what it claims."""

    rules: Rules
    purposes: PurposeComparer

    def read(self, region: SeenRegion) -> Seal:
        """Return what a region with the label `seal` claims."""
        # Only a careful reading says a shape; one without fields is a person's seal, or a remark.
        careful = bool(region.fields or region.shape)
        return self._careful(region) if careful else self._stock(region)

    def _careful(self, region: SeenRegion) -> Seal:
        """Take the fields of a careful reading as they are."""
        fields = {str(field.name): field for field in region.fields}
        owner = self._field(fields, "owner")
        return Seal(
            region=region,
            owners=(owner,) if owner and not self.rules.comparer.says_little(owner.text) else (),
            guesses=fields["owner"].alternatives if "owner" in fields else (),
            purpose=self._field(fields, "purpose"),
            bare="purpose" not in fields,
            tax_id=self._field(fields, "tax_id"),
            of_company="owner" in fields or region.shape in _COMPANY_SHAPES,
        )

    def _field(self, fields: Mapping[str, Saying], name: str) -> Claim | None:
        field = fields.get(name)
        if field is None or field.text is None:
            return None
        score = field.score or 0.0
        sure = field.state == "read" and score >= self.rules.thresholds.sure_field.value
        return Claim(field.text, score, sure)

    def _stock(self, region: SeenRegion) -> Seal:
        """Tell lines apart by what they look like."""
        legible = self.rules.thresholds.legible.value
        lines = [self._line(line) for line in region.lines if (line.score or 0.0) >= legible]
        lines = [line for line in lines if plain(line.text)]
        codes = [line for line in lines if _CODE.fullmatch(plain(line.text))]
        others = [line for line in lines if line not in codes]
        purposes = [line for line in others if self.purposes.near_known(line.text)]
        names = [line for line in others if line not in purposes]
        people = [line for line in names if _PERSON.fullmatch(plain(line.text))]
        return Seal(
            region=region,
            owners=() if people else tuple(self._owners(names)),
            guesses=(),
            purpose=max(purposes, key=self._likely_purpose, default=None),
            bare=False,
            tax_id=next((line for line in codes if _TAX_ID.fullmatch(plain(line.text))), None),
            of_company=not people,
        )

    def _line(self, line: Saying) -> Claim:
        score = line.score or 0.0
        return Claim(line.text or "", score, score >= self.rules.thresholds.sure_line.value)

    def _likely_purpose(self, line: Claim) -> tuple[bool, float]:
        return self.purposes.known(line.text), line.score

    def _owners(self, names: Sequence[Claim]) -> list[Claim]:
        """Return what may be the owner: the lines, then all of them as pieces of one ring."""
        whole = [_joined(names)] if len(names) > 1 else []
        in_order = [*sorted(names, key=lambda name: len(plain(name.text)), reverse=True), *whole]
        says = [name for name in in_order if not self.rules.comparer.says_little(name.text)]
        return sorted(says, key=lambda name: not self.complete(name.text))

    def complete(self, name: str) -> bool:
        """Whether a name seems whole: long enough, with an ending as names have it."""
        folded = self.rules.comparer.normalised(name)
        core = self.rules.comparer.core(name)
        if len(folded) < _NAME_CHARACTERS or len(core) < _CORE_CHARACTERS:
            return False
        return any(ending in folded * 2 for ending in self.rules.names.endings.value)


def _joined(names: Sequence[Claim]) -> Claim:
    return Claim(
        text="".join(name.text for name in names),
        score=min(name.score for name in names),
        sure=all(name.sure for name in names),
    )
