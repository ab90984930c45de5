"""The sponsored list of a turn: labelled, capped, paid for, and apart from every organic list."""

from __future__ import annotations

from handpicked.agent import addressed, floor
from handpicked.agent.lists import Wish
from handpicked.agent.scenes import Scene
from handpicked.agent.types import ListItem, RankedList
from handpicked.tools import ads, taste
from handpicked.tools.auction import Placed
from handpicked.tools.catalog import facts_of
from handpicked.tools.data.ad_ledger import AdTurn
from handpicked.tools.placing import Served
from handpicked.tools.types import Contribution, Item

_LABELS = {"en": "Sponsored", "zh": "赞助"}


def sponsored_list(wish: Wish, scene: Scene) -> tuple[tuple[RankedList, ...], str | None]:
    """The list of ads where one is asked for, and what went wrong, if anything. What is shown is charged here.

    It neither changes the organic lists nor is changed by them: an item may stand in both, here with its offer."""
    if "ads" not in wish.reading.tasks or not scene.tools:
        return (), None
    served = _served(wish, scene)
    label = _LABELS.get(wish.reading.language, _LABELS["en"])
    found = ((placed, wish.context.snapshot.get(placed.item_id)) for placed in served.ads)
    shown = [(placed, item) for placed, item in found if item is not None]
    items = tuple(_ad(wish, label, (place, *pair)) for place, pair in enumerate(shown, 1))
    why = () if items or served.why_none is None else (served.why_none,)
    return (RankedList("ads", label, items, why),), served.degraded


def _served(wish: Wish, scene: Scene) -> Served:
    if not scene.ads:
        return Served(why_none=f"{floor.OFFERS_NOT_HERE} ({scene.meaning})")
    result = next((result for result in wish.results if result.call.name == "ads"), None)
    if result is None or result.error is not None:
        return Served(why_none="the offers could not be found")
    offers, running = ads.offers_of(result.facts), result.facts.get("running")
    if not offers:
        return Served(why_none=floor.OFFERS_MISS if running else "no campaign runs now")
    request, reading = wish.request, wish.reading
    refused = {*reading.dislike, *reading.seen, *wish.memory.dislike, *taste.disliked(wish.past)}
    turn = AdTurn(request.id or "", request.user_id, request.session_id, wish.context.now)
    return ads.serve(wish.context, offers, turn, scene.ads, refused=refused)


def _ad(wish: Wish, label: str, shown: tuple[int, Placed, Item]) -> ListItem:
    place, placed, item = shown
    title = next(c.title for c in wish.context.campaigns if c.campaign_id == placed.campaign_id)
    facts = floor.shown_facts(facts_of(item)) | {"campaign_id": placed.campaign_id, "campaign": title}
    source = Contribution("ads", place, placed.response, 1.0, placed.response)
    score = round(placed.response, 6)
    colon = "：" if wish.reading.language == "zh" else ": "
    reason = f"{label}{colon}{title}" if addressed.is_name(title) else label
    return ListItem(place, item.item_id, item.title, score, reason, facts, True, (source,))
