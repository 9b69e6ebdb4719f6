"""What happens to a mail after it was sent: opens, clicks, unsubscribes, and who or what caused them."""
