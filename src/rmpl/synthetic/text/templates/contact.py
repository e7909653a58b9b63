"""Templates of meetings, calls and letters, arrests and payments."""

from __future__ import annotations

MEET_CLAUSES: tuple[str, ...] = (
    "{Entity.1} [met] {Entity.2}< {@Place}>",
    "{Entity.1} [met|conferred] with {Entity.2}< {@Place}>< to discuss {:issue}>",
    "{Entity/many} [met|conferred]< {@Place}>< to discuss {:issue}>",
    "{Entity.1} held [talks] with {Entity.2}< {@Place}>< on {:issue}>",
    "{Entity/many} held a [meeting|summit|conference]< {@Place}>< on {:issue}>",
    "{Entity.1} sat down with {Entity.2} for [talks]< {@Place}>",
    "{Entity.1} shook hands with {Entity.2} at a [meeting|summit]< {@Place}>",
    "{Entity/many} took part in a [conference|summit|meeting]< {@Place}>",
    "{Entity.1} , who [met] {Entity.2}< {@Place}> , spoke of progress",
    "after [meeting] {Entity.2}< {@Place}> , {Entity.1} declined to comment",
    "{Entity.2} was@Entity.2 [met] by {Entity.1}< {@Place}>",
    "a [meeting|summit] between {Entity.1} and {Entity.2} began< {@Place}>",
    "{Entity.1} [reunited] with {Entity.2}< {@Place}>",
    "{Entity/many} gathered round a table for a [meeting]< {@Place}>",
)
MEET_NOUNS: tuple[str, ...] = (
    "the [meeting|summit] between {Entity.1} and {Entity.2}< {@Place}>",
    "[talks] between {Entity.1} and {Entity.2}< {@Place}>",
    "{Entity.1's} [meeting|talks] with {Entity.2}< {@Place}>",
    "a [conference|reunion|meeting] of {Entity/many}< {@Place}>",
)

PHONE_CLAUSES: tuple[str, ...] = (
    "{Entity.1} [called|phoned|telephoned] {Entity.2}< from {Place}>",
    "{Entity.1} [wrote|telegraphed] to {Entity.2}< from {Place}>< about {:issue}>",
    "{Entity.1} sent a [letter|message|telegram] to {Entity.2}< from {Place}>",
    "{Entity.1} [spoke] by telephone with {Entity.2}< about {:issue}>",
    "{Entity.1} made a telephone [call]< {@Place}>",
    "{Entity.1} was@Entity.1 on the [phone]< {@Place}>< for an hour>",
    "{Entity.1} wrote a [letter|message|note]< {@Place}>",
    "{Entity.2} received a [call|letter|message] from {Entity.1}< {@Place}>",
    "{Entity.2} was@Entity.2 [telephoned|called|contacted] by {Entity.1}< from {Place}>",
    "{Entity.1} , who [telephoned|called] {Entity.2}< from {Place}> , asked for advice",
    "[writing|phoning] from {Place} , {Entity.1} asked {Entity.2} for advice",
    "{Entity.1} [dialed|texted] {Entity.2}< from {Place}>",
    "{Entity.1} answered the [call|letter] of {Entity.2}< {@Place}>",
    "{Entity/many} [corresponded|spoke] by telephone< about {:issue}>",
)
PHONE_NOUNS: tuple[str, ...] = (
    "the [letter|call|message] from {Entity.1} to {Entity.2}",
    "{Entity.1's} [letter|call|telegram] to {Entity.2}< about {:issue}>",
    "[correspondence] between {Entity.1} and {Entity.2}",
    "the telephone [call|conversation] of {Entity.1}< {@Place}>",
)

ARREST_CLAUSES: tuple[str, ...] = (
    "{Agent} [arrested|detained|seized|captured] {Person}< {@Place}>< on charges of {:crime}>",
    "{Agent} took {Person} into [custody]< {@Place}>",
    "{Person} was@Person [arrested|detained|captured|apprehended]< by {Agent}>< {@Place}>"
    "< on charges of {:crime}>",
    "{Person} was@Person taken into [custody]< by {Agent}>< {@Place}>",
    "{Person} was@Person [jailed|imprisoned]< {@Place}>< for {:crime}>",
    "{Agent} [jailed|imprisoned] {Person}< {@Place}>< for {:crime}>",
    "{Person} was@Person held in [detention|custody]< {@Place}>",
    "{Person} , who was@Person [arrested|detained]< by {Agent}>< {@Place}> , denied the charges",
    "{Person} , [arrested|captured|jailed]< by {Agent}>< {@Place}> , asked for a lawyer",
    "{Agent} placed {Person} under [arrest]< {@Place}>",
    "[detained|arrested] by {Agent}< {@Place}> , {Person} refused to speak",
    "{Agent} [handcuffed|apprehended] {Person}< {@Place}>",
    "{Agent} put {Person} in [jail|prison]< {@Place}>",
)
ARREST_NOUNS: tuple[str, ...] = (
    "the [arrest|detention|capture] of {Person}< by {Agent}>< {@Place}>",
    "{Person's} [arrest|detention|imprisonment]< by {Agent}>< {@Place}>",
    "the [arrests|detentions] of {Person/many}< {@Place}>",
    "the [imprisonment|jailing] of {Person}< {@Place}>< for {:crime}>",
)

MONEY_CLAUSES: tuple[str, ...] = (
    "{Giver} [paid] {Recipient} {:sum}",
    "{Giver} [paid|gave|donated|lent|transferred|wired] {:sum} to {Recipient}",
    "{Recipient} was@Recipient [paid|reimbursed|compensated]< {:sum}> by {Giver}",
    "{Recipient} received a [payment|donation|loan|grant] of {:sum} from {Giver}",
    "{Giver} made a [payment|donation]< of {:sum}> to {Recipient}",
    "{Recipient} [borrowed|collected] {:sum} from {Giver}",
    "{Giver} [reimbursed|repaid|bribed|compensated] {Recipient}< with {:sum}>",
    "{Giver} , who [paid|lent] {Recipient} {:sum} , kept the receipt",
    "{Recipient} , [paid|funded] by {Giver} , promised to spend it well",
    "{Giver} bought bread from {Recipient} and [paid] {:sum}",
    "[paying] {Recipient} {:sum} , {Giver} asked for no receipt",
    "{Giver} handed {Recipient} a [payment] of {:sum}",
    "{Recipient} accepted {:sum} that {Giver} [donated|gave|paid]",
)
MONEY_NOUNS: tuple[str, ...] = (
    "the [payment|transfer|donation] of {:sum} to {Recipient}< by {Giver}>",
    "{Giver's} [payment|donation|loan]< of {:sum}> to {Recipient}",
    "a [loan|grant|payment] of {:sum} from {Giver} to {Recipient}",
    "a [bribe|payment] to {Recipient}< from {Giver}>",
)
