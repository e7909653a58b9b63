"""Templates of attacks, demonstrations and deaths."""

from __future__ import annotations

ATTACK_CLAUSES: tuple[str, ...] = (
    "{Attacker} [attacked|ambushed|raided|assaulted] {Target}< with {Instrument}>< {@Place}>",
    "{Attacker} [bombed|shelled|torched|burned] {Target/thing}< {@Place}>",
    "{Attacker} [shot|wounded] {Target/person}< with {Instrument/gun}>< {@Place}>",
    "{Attacker} [stabbed|slashed] {Target/person} with {Instrument/blade}< {@Place}>",
    "{Attacker} [beat|clubbed|hit] {Target/person} with {Instrument/club}< {@Place}>",
    "{Target} was@Target [attacked|ambushed|targeted|assaulted]< {@Place}>< by {Attacker}>"
    "< with {Instrument}>",
    "{Attacker} opened [fire] on {Target}< with {Instrument/gun}>< {@Place}>",
    "{Attacker} launched an [attack|assault|offensive] on {Target}< {@Place}>",
    "{Target} came under [attack|fire]< from {Attacker}>< {@Place}>",
    "{Target/person} , who was@Target [beaten|assaulted|attacked]< by {Attacker}>< {@Place}> , "
    "asked for help",
    "{Attacker} , armed with {Instrument/weapon} , [stormed|attacked|raided] {Target}< {@Place}>",
    "{Instrument/explosive} [exploded|detonated] {@Place}",
    "{Instrument/explosive} [hit|struck] {Target}< {@Place}>",
    "{Attacker} [clashed|fought] with {Target/person}< {@Place}>",
    "[attacked|ambushed] by {Attacker}< {@Place}> , {Target} waited for help",
    "{Attacker} used {Instrument} to [attack|hit] {Target}< {@Place}>",
    "{Attacker} set [fire] to {Target/building}< {@Place}>",
)
ATTACK_NOUNS: tuple[str, ...] = (
    "the [attack|assault|raid] on {Target}< by {Attacker}>< {@Place}>",
    "the [shooting|beating] of {Target/person}< by {Attacker}>< {@Place}>",
    "{Attacker's} [attack|assault|offensive] on {Target}< {@Place}>",
    "the [bombing|shelling|burning] of {Target/thing}< by {Attacker}>< {@Place}>",
    "[clashes|fighting] between {Attacker} and {Target/person}< {@Place}>",
    "an [explosion|attack|ambush] {@Place}",
    "the [attack|ambush] with {Instrument/weapon}< on {Target}>< {@Place}>",
)

DEMONSTRATE_CLAUSES: tuple[str, ...] = (
    "{Entity} [protested|demonstrated|rallied]< against {:issue}>< {@Place}>",
    "{Entity} [marched|paraded] through {Place/town}< to demand {:demand}>",
    "{Entity} took to the streets of {Place/town} in a [protest|demonstration|march]",
    "{Entity} held a [rally|protest|sit-in|demonstration]< {@Place}>< against {:issue}>",
    "{Entity} joined the [protest|march|rally]< {@Place}>",
    "{Police} watched as {Entity} [protested|demonstrated|marched]< {@Place}>",
    "{Entity} [rallied|demonstrated|protested] in front of {Police}< {@Place}>",
    "{Police} stood between the shops and {Entity} who [protested|rallied]< {@Place}>",
    "a [protest|rally] by {Entity} was watched by {Police}< {@Place}>",
    "{Entity} , who [protested|demonstrated] against {:issue}< {@Place}> , sang until dark",
    "{Entity} , [protesting|demonstrating|rallying] against {:issue}< {@Place}> , lit candles",
    "{Place/town} was filled with {Entity} [marching|rallying] for {:demand}",
    "{Entity} called for {:demand} at a [rally|demonstration|sit-in]< {@Place}>",
    "[chanting|marching] for {:demand} , {Entity} filled the streets< of {Place/town}>",
)
DEMONSTRATE_NOUNS: tuple[str, ...] = (
    "the [protest|rally|march|demonstration] by {Entity}< against {:issue}>< {@Place}>",
    "{Entity's} [protest|march|rally]< against {:issue}>< {@Place}>",
    "a [sit-in|demonstration|protest] of {Entity}< {@Place}>",
    "[protests|demonstrations|rallies] against {:issue} {@Place}",
    "the [protest|march] of {Entity} past {Police}< {@Place}>",
)

DIE_CLAUSES: tuple[str, ...] = (
    "{Agent} [killed|murdered|executed] {Victim}< with {Instrument}>< {@Place}>",
    "{Victim} [died|perished]< {@Place}>",
    "{Victim} [drowned|starved|suffocated]< {@Place}>",
    "{Victim} was@Victim [killed|murdered|slain|executed]< {@Place}>< by {Agent}>"
    "< with {Instrument}>",
    "{Victim} was@Victim found [dead]< {@Place}>",
    "{Victim} bled to [death]< {@Place}>",
    "{Instrument} [killed] {Victim}< {@Place}>",
    "{Victim} was@Victim [killed|crushed] by {Instrument/vehicle}< {@Place}>",
    "{Victim} , who [died|perished]< {@Place}> , was@Victim known for quiet kindness",
    "{Victim} , [killed|murdered] by {Agent}< {@Place}> , was@Victim mourned by many",
    "{Agent} used {Instrument} to [kill|murder] {Victim}< {@Place}>",
    "[killed|executed]< with {Instrument}>< {@Place}> , {Victim} had no chance",
    "doctors declared {Victim} [dead]< {@Place}>",
    "{Victim} [died] when {Instrument/vehicle} lost control< {@Place}>",
    "{Victim} was@Victim laid out after {Agent} [killed|murdered] them< {@Place}>",
)
DIE_NOUNS: tuple[str, ...] = (
    "the [death] of {Victim}< {@Place}>",
    "the [killing|murder|execution] of {Victim}< by {Agent}>< {@Place}>",
    "{Victim's} [death|murder]< {@Place}>",
    "the [murder|killing] of {Victim} with {Instrument}< {@Place}>",
    "the [deaths] of {Victim/many}< {@Place}>",
)
