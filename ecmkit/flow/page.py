"""Pages from templates: text is escaped, pictures are put in as they are."""

from collections.abc import Mapping

from ecmkit.bench.report import number
from ecmkit.flow import figures

__all__ = ["render_page"]


def render_page(template: str, pictures: Mapping[str, str], **values: object) -> str:
    """Fill a template in.

    Parameters
    ----------
    template : str
        Name of a file in ``templates``.
    pictures : mapping of str to str
        SVG texts by name; the template has them as ``figures``.
    **values : object
        What else the template takes.

    Returns
    -------
    str
        HTML.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("ecmkit.flow"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = number
    drawn = {name: Markup(figures.unique(svg, name)) for name, svg in pictures.items()}
    return environment.get_template(template).render(figures=drawn, **values)
