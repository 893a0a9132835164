"""StatisticsGen: describes every feature of every split."""
