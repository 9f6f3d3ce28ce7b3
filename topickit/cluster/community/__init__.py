"""Fast community detection: exact cosine neighborhoods in bounded memory, and their greedy communities.

`detection.community_detection` is the function, `clusterer.CommunityClusterer` the estimator. Pairs within
the threshold are searched by compiled integer filters (`filter`, `kernel`), by full products (`pairs`) or on
a torch device (`device_scan`); `exact` decides pairs within rounding of the threshold, `greedy` forms the
communities, and `threshold` chooses the threshold from the data.
"""
