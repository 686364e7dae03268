"""What a recording of the gateway wire holds: exchanges, and what can be made of them."""
