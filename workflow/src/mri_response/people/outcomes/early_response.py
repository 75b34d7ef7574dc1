"""Early response: a clinical score falls by at least x per cent by the first session.

References
----------
Szegedi A et al. (2009). Early improvement in the first 2 weeks as a predictor of treatment outcome
in patients with major depressive disorder: a meta-analysis including 6562 patients. Journal of
Clinical Psychiatry 70: 344-353.
"""

from mri_response.people.outcomes.response import responded

#: The rule of a response: which session is the first one, the end-point of the configuration says.
responded_early = responded
