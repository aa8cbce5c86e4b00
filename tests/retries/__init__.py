"""Lost answers, requests sent again, and answers that need not be sent again."""
