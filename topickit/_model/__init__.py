"""Parts of `topickit.model.TopicModel`: the checks of its settings, its edits and its saved form."""
