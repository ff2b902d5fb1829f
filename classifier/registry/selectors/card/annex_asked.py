"""What the nine points of Annex IV ask that only a provider can say."""

from common.documents.texts import Asked

PROVIDER = Asked(
    "annex_1_provider",
    "Provider and system",
    "Who is the provider, and what are name and version of the AI system that the model is part "
    "of? (point 1 a)",
)
INTERACTION = Asked(
    "annex_1_interaction",
    "Other hardware and software",
    "With which hardware, software or other AI systems does it interact or may it be used? "
    "(point 1 b)",
)
FORMS = Asked(
    "annex_1_forms",
    "Forms of placing on the market",
    "In which forms is it placed on the market or put into service: packages, downloads, APIs, "
    "part of a product? (points 1 d and f)",
)
HARDWARE = Asked(
    "annex_1_hardware",
    "Hardware",
    "On which hardware is it meant to run? (point 1 e)",
)
INSTRUCTIONS = Asked(
    "annex_1_instructions",
    "User interface and instructions",
    "What user interface does a deployer get, and which instructions for use? (points 1 g and h)",
)
DESIGN = Asked(
    "annex_2_design",
    "Design choices",
    "Why this design: general logic, assumptions about the people it is used on, what it is made "
    "to optimise, trade-offs? (point 2 b)",
)
OVERSIGHT = Asked(
    "annex_2_human_oversight",
    "Human oversight",
    "Which measures let people understand, oversee and stop it (Article 14), and how were they "
    "judged? (point 2 e)",
)
CHANGES_PLANNED = Asked(
    "annex_2_planned_changes",
    "Changes determined beforehand",
    "Which changes of the system and its performance are determined beforehand? (point 2 f)",
)
TESTS = Asked(
    "annex_2_signed_tests",
    "Signed test reports",
    "Where are test logs and reports, dated and signed by those responsible? (point 2 g)",
)
SECURITY = Asked(
    "annex_2_cybersecurity",
    "Cybersecurity",
    "Which cybersecurity measures are put in place around the system? (point 2 h)",
)
RISKS_FORESEEN = Asked(
    "annex_3_risks",
    "Foreseeable outcomes and risks",
    "Which unintended outcomes and risks to health, safety, fundamental rights and of "
    "discrimination can be foreseen? (point 3)",
)
METRICS = Asked(
    "annex_4_metrics",
    "Why these metrics",
    "Why are these metrics appropriate for the system? (point 4)",
)
RISK_MANAGEMENT = Asked(
    "annex_5_risk_management",
    "Risk management system",
    "What is the risk management system of Article 9? (point 5)",
)
LIFECYCLE = Asked(
    "annex_6_changes",
    "Changes through its lifecycle",
    "Which relevant changes did the provider make to the system? (point 6)",
)
STANDARDS = Asked(
    "annex_7_standards",
    "Standards",
    "Which harmonised standards are applied, in full or in part, and which other solutions meet "
    "the requirements? (point 7)",
)
DECLARATION = Asked(
    "annex_8_declaration",
    "EU declaration of conformity",
    "A copy of the EU declaration of conformity of Article 47. (point 8)",
)
POST_MARKET = Asked(
    "annex_9_post_market",
    "Post-market monitoring",
    "How is performance evaluated after placing on the market, with the plan of Article 72(3)? "
    "(point 9)",
)
ANNEX_ASKED = (
    PROVIDER, INTERACTION, FORMS, HARDWARE, INSTRUCTIONS, DESIGN, OVERSIGHT, CHANGES_PLANNED, TESTS,
    SECURITY, RISKS_FORESEEN, METRICS, RISK_MANAGEMENT, LIFECYCLE, STANDARDS, DECLARATION,
    POST_MARKET,
)  # fmt: skip
