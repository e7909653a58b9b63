"""Templates of transports, and of two events that share a participant."""

from __future__ import annotations

TRANSPORT_CLAUSES: tuple[str, ...] = (
    "{Agent} [transported|carried|moved|brought] {Artifact}< from {Origin}>< to {Destination}>"
    "< {@Vehicle}>",
    "{Agent} [sent|shipped|delivered] {Artifact/goods}< from {Origin}> to {Destination}",
    "{Agent} [loaded] {Artifact/goods} into {Vehicle}< for {Destination/town}>",
    "{Agent/person} [drove|steered] {Vehicle}< from {Origin}>< to {Destination}>",
    "{Artifact/person} [traveled|went|fled|returned]< from {Origin}> to {Destination}< {@Vehicle}>",
    "{Artifact/person} [arrived] {@Destination}< from {Origin}>< {@Vehicle}>",
    "{Artifact/person} [left|fled|departed] {Origin}< for {Destination}>< {@Vehicle}>",
    "{Artifact/person} [boarded] {Vehicle}< for {Destination/town}>< {@Origin}>",
    "{Artifact} was@Artifact [taken|moved|brought|transferred]< from {Origin}> to {Destination}"
    "< by {Agent}>< {@Vehicle}>",
    "{Artifact} was@Artifact [carried|moved|transported] {@Vehicle}< to {Destination}>",
    "{Vehicle} [carried|brought|ferried] {Artifact}< from {Origin}>< to {Destination}>",
    "{Vehicle} [carrying] {Artifact}< to {Destination}> stopped for fuel",
    "{Artifact/person} , who [fled|left] {Origin}< for {Destination}> , slept outdoors",
    "{Agent} , [carrying|hauling|moving] {Artifact}< to {Destination}> , asked for water",
    "[arriving] {@Destination} , {Artifact/person} asked for food",
    "{Agent} [evacuated|deported] {Artifact/person}< from {Origin}>< to {Destination}>",
    "{Agent} [carried|hauled|moved] {Artifact}< from {Origin}>",
    "{Vehicle} , [driven|steered] by {Agent/person}< from {Origin}>< to {Destination}> , "
    "needs new tires",
    "{Agent/person} was@Agent seen [driving|steering] {Vehicle}< to {Destination}>",
)
TRANSPORT_NOUNS: tuple[str, ...] = (
    "the [transport|transfer|delivery] of {Artifact}< from {Origin}> to {Destination}< by {Agent}>",
    "{Artifact's} [arrival|return] {@Destination}",
    "{Artifact/person's} [departure|flight|escape] from {Origin}",
    "the [journey|trip] of {Artifact/person} to {Destination}< {@Vehicle}>",
    "the [evacuation|deportation] of {Artifact/person}< from {Origin}>< by {Agent}>",
    "{Agent/person's} [trip|journey]< to {Destination}> {@Vehicle}",
    "the [shipment] of {Artifact/goods}< to {Destination}>< by {Agent}>",
)

DOUBLES: dict[tuple[str, str], tuple[str, ...]] = {
    ("Conflict:Attack", "Life:Die"): (
        "{Attacker+2.Agent} [attacked|stormed|raided] {Target} and [2:killed] {2.Victim}"
        "< {@Place+2.Place}>",
        "{Attacker+2.Agent} [shot|stabbed|beat] {Target/person+2.Victim} to [2:death]"
        "< {@Place+2.Place}>",
        "{2.Victim} [2:died] in {Attacker+2.Agent's} [attack|assault] on {Target}"
        "< {@Place+2.Place}>",
        "an [explosion|ambush|attack] {@Place+2.Place} [2:killed] {2.Victim+Target}",
    ),
    ("Justice:Arrest-Jail", "Conflict:Demonstrate"): (
        "{Agent+2.Police} [arrested|detained] {Person} at a [2:protest|rally] by {2.Entity}"
        "< {@Place+2.Place}>",
        "{Person+2.Entity} was@Person [arrested|detained]< by {Agent}> after a "
        "[2:demonstration|march]< {@Place+2.Place}>",
    ),
    ("Movement:Transport", "Contact:Meet"): (
        "{Artifact/person+2.Entity.1} [traveled|went|returned] to {Destination+2.Place} for "
        "[2:talks] with {2.Entity.2}",
        "{Artifact/person+2.Entity.1} [arrived] {@Destination+2.Place} and [2:met] {2.Entity.2}",
    ),
    ("Contact:Phone-Write", "Transaction:Transfer-Money"): (
        "{Entity.1+2.Giver} [called|phoned] {Entity.2} and [2:paid] {2.Recipient} {:sum}",
    ),
    ("Justice:Arrest-Jail", "Life:Die"): (
        "{Person+2.Victim} [2:died] in [custody|detention|jail]< {@Place+2.Place}>",
        "{Agent} [arrested|detained|captured] {Person+2.Agent} for the [2:murder|killing] of "
        "{2.Victim}",
    ),
    ("Movement:Transport", "Justice:Arrest-Jail"): (
        "{Artifact/person+2.Person} was@Artifact [2:arrested|detained] while [fleeing|leaving] "
        "{Origin}",
        "{Agent+2.Agent} [2:captured|seized] {Artifact/person+2.Person} and [took|brought] them "
        "to {Destination}",
    ),
}
"""Pairs of types and templates of both with a shared participant."""
